"""What operators look at: records, reports, metrics, the admin socket."""
