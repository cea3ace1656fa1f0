"""Our side towards trunks that know us by an account: their challenges, our registrations."""
