"""The questions, in the order they are asked."""

from intake.triage.questions import context, health, safety, spasm
from intake.triage.questions.question import Kind, Option, Question, Section

QUESTIONS = (
    *safety.QUESTIONS,
    *health.QUESTIONS,
    *spasm.QUESTIONS,
    *context.QUESTIONS,
)

__all__ = ["QUESTIONS", "Kind", "Option", "Question", "Section"]
