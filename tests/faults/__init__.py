"""Parts are killed, frozen and cut off while clients work; what was acknowledged has to stand, once and in order."""
