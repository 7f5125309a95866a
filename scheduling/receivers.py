"""What the calendar does when intake revokes a clearance, in the same transaction."""
