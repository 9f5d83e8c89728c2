"""What trainees and trainers see. Trainees: ``learning`` (enrol, find again, read, leave) · ``exams`` ·
``practice``. Trainers: ``training``.
"""
