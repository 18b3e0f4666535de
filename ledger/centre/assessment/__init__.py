"""The yearly assessment 年度测评, by indicators that are dated data."""
