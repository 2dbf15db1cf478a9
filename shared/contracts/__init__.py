"""Public events, one file per publishing service: ids, codes and dates only, nothing sealed, compatible both ways."""
