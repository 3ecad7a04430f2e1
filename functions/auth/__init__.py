"""The function of /auth: logins, refreshes, logouts, and new users."""
