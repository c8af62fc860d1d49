"""The ledgers of visits: 走访日志, 五必访走访台账, 走访覆盖统计表, 五必知清单, read from the same rows;
and 走访计划 beside them."""

from visits.ledgers import coverage, five, log, plan

__all__ = ["coverage", "five", "log", "plan"]
