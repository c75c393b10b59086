"""What keeps data right by itself or answers otherwise, by slapd's names, one file each; ``table`` has them by name."""
