"""Tests of appeals: what people need, from whoever says it to their answer."""
