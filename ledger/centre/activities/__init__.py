"""Activities 活动: planned, signed up for, held."""
