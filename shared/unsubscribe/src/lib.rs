//! Links that unsubscribe without a login: signed, expiring, bound to a tenant, a user and an opt-in key.
