"""An append-only signed log (C2SP tiles) on a store; it knows no database."""
