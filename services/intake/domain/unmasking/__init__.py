"""身份查阅 unmasking: two leaders let one person see who reported, for one hour, for a written reason."""
