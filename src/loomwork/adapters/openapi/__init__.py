"""APIs of companies as tools: their OpenAPI documents read, and their requests made."""
