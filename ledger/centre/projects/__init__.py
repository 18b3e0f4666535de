"""Projects 志愿服务项目 and their library."""
