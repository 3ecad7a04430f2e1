"""One package per Lambda function; each is the door to one noun of `shared`."""
