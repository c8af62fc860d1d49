"""Nouns of employment: labour, employers and places, matches, centres, training, public-welfare posts, orders."""

from jobs.models.centres import Centre, CentreAssistant, Company, Opening, Order, OrderHand
from jobs.models.employers import Employer, Vacancy
from jobs.models.labour import Labour, LabourProposal
from jobs.models.matching import JobFair, Match, MatchStep
from jobs.models.training import Course, PlannedCourse, Presence, Trainee
from jobs.models.welfare import WelfarePost, WelfareTerm
from jobs.models.words import JobsRule, Road, Skill, Trade

__all__ = [
    "Centre",
    "CentreAssistant",
    "Company",
    "Course",
    "Employer",
    "JobFair",
    "JobsRule",
    "Labour",
    "LabourProposal",
    "Match",
    "MatchStep",
    "Opening",
    "Order",
    "OrderHand",
    "PlannedCourse",
    "Presence",
    "Road",
    "Skill",
    "Trade",
    "Trainee",
    "Vacancy",
    "WelfarePost",
    "WelfareTerm",
]
