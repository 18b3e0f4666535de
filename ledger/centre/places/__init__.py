"""Places 阵地: centres, sub-centres, stations and points; their histories, counts and resources."""
