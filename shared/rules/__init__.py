"""Rules of jurisdictions as dated data: values, the guards that read them, and the one reader of files."""
