"""Dossier 卷宗: the volume of one case, which lists its papers. Read next: decisions.py."""
