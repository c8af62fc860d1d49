"""群众诉求: what people need, from whoever says it to the answer they are given."""
