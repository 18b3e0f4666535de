"""Do the pages and kiosks work? In a real Chromium, on a real `vledger serve`."""
