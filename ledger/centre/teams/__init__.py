"""Teams 志愿服务队 and the people in them."""
