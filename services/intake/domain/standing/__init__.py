"""Standing 访问资格: somebody's access is withdrawn though his token is valid still, and given back."""
