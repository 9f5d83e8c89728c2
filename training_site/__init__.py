"""The composition root: settings, URLs and what every app shares.

Read ``urls`` first, then ``accounts`` (people and roles), ``common`` (mechanisms that know nothing
of the trade), ``website`` (home and text pages) and ``starter`` (the scheme, course and demo as data).
"""
