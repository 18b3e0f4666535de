"""Exchange 数据交换: volunteers, teams, activities and hours in and out, in others' words.

A mapping (YAML) says which column is what; nothing about a foreign system is in the code.
"""
