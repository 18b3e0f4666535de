"""What is answered of the practice centre 新时代文明实践中心? One router a subject."""
