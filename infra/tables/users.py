"""The table of users, machine clients and counts of wrong logins."""

from infra.declarations import Table

TABLE = Table(partition="pk", sort="sk", expires="expiresAt")
