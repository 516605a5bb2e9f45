"""The dials: metrics, health and logs. Imports no other package of the house."""
