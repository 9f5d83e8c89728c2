"""``/learn/…``: what trainees do."""

from django.urls import path

from courses.views import exams, learning

urlpatterns = [
    path("", learning.home, name="learn_home"),
    path("enrol/<slug:course_key>/", learning.enrol, name="learn_enrol"),
    path("<int:pk>/", learning.course, name="learn_course"),
    path("<int:pk>/accept/", learning.accept, name="learn_accept"),
    path("<int:pk>/leave/", learning.leave, name="learn_leave"),
    path("<int:pk>/<uuid:item_id>/", learning.lesson, name="learn_lesson"),
    path("<int:pk>/<uuid:item_id>/finish/", learning.finish, name="learn_finish"),
    path("<int:pk>/exam/", exams.start, name="exam_start"),
    path("<int:pk>/exam/<int:number>/", exams.attempt, name="exam"),
    path("<int:pk>/exam/<int:number>/answers/", exams.save_all, name="exam_answers"),
    path("<int:pk>/exam/<int:number>/answers/<int:position>/", exams.save_one, name="exam_answer"),
    path("<int:pk>/exam/<int:number>/hand-in/", exams.hand_in, name="exam_hand_in"),
    path("<int:pk>/exam/<int:number>/result/", exams.result, name="exam_result"),
]
