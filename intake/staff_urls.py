"""The review's addresses, under /staff/review/."""

from django.urls import path

from intake.views import review, review_referral, staff_after_visit

app_name = "review"
urlpatterns = [
    path("", review.case_list, name="list"),
    path("<uuid:pk>/", review.case, name="case"),
    path("<uuid:pk>/set-aside/", review.set_aside, name="set_aside"),
    path("patients/<uuid:pk>/", staff_after_visit.page, name="after_visit"),
    path("patients/<uuid:pk>/exercises/", staff_after_visit.give, name="give_exercises"),
    path(
        "patients/<uuid:pk>/clearance/",
        staff_after_visit.change_clearance,
        name="change_clearance",
    ),
    path("patients/<uuid:pk>/pain/", staff_after_visit.note_pain, name="note_pain"),
    path("<uuid:pk>/referral/<uuid:referral>/", review_referral.page, name="referral"),
    path(
        "<uuid:pk>/referral/<uuid:referral>/letter.pdf",
        review_referral.letter_pdf,
        name="letter_pdf",
    ),
    path("<uuid:pk>/referral/<uuid:referral>/sent/", review_referral.sent, name="letter_sent"),
    path("<uuid:pk>/referral/<uuid:referral>/seen/", review_referral.seen, name="doctor_seen"),
    path(
        "<uuid:pk>/referral/<uuid:referral>/report/",
        review_referral.receive_report,
        name="receive_report",
    ),
    path(
        "<uuid:pk>/referral/<uuid:referral>/report/<uuid:report>/",
        review_referral.report,
        name="report",
    ),
]
