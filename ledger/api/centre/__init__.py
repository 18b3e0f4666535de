"""What is answered of the practice centre: one router a subject."""
