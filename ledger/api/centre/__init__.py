"""The routes of a practice centre 新时代文明实践中心."""
