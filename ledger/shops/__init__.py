"""What do credit supermarkets 信用超市 offer, sell and receive, and who pays for it?"""
