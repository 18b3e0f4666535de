"""What does an office ask by HTTP? Figures, stars of lists, reviews, policies, the trail."""
