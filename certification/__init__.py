"""Cases, assessment and certification."""
