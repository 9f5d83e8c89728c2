"""Cases, assessment and certification. Reading order:

``values``, ``terms``, ``screening``, ``evidence`` (pure: words, numbers, health screen, photographs needed) ·
``models`` · ``schemes`` (versions, frozen on approval) · ``prerequisites``, ``admitting`` (the application) ·
``cases`` (whose they are, what may be changed when) · ``keeping``, ``papers``, ``photographing``,
``consenting``, ``observing`` (what is written and collected) · ``completeness``, ``anonymity``, ``readiness``
(what is missing) · ``submitting``, ``manifests`` (hand-in) · ``reminding``, ``overview``, ``case_list``,
``cards`` (what its owner sees) · ``grading``, ``agreement``, ``marking`` (pure: from marks to results) ·
``authorising``, ``conflicts``, ``paper_checks``, ``assigning``, ``answering``, ``pieces`` (who marks) ·
``dossier``, ``redaction``, ``table_photos`` (what they see) · ``drafts``, ``assessing`` (their marks) ·
``boards``, ``advancing`` (what follows) · ``releasing``, ``results``, ``rounds``, ``attempts`` (what becomes of
it) · ``views``, ``office``.
"""
