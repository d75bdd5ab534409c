//! What the server does, whatever API is asked.

mod health;
