"""What has one volunteer, why, and what do they owe or complain about?"""
