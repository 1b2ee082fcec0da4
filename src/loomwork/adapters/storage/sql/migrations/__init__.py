"""How the schema came to be, step by step. A migration is never edited once it is on `main`; write another."""
