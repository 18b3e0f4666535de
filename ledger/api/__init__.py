"""What is answered by HTTP? `vledger serve`: JSON for tills, kiosks, desks and other programs."""
