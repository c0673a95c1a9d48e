"""What leaves the terminal: sessions on the disk, replays, reports, privacy, commands to paste, history."""
