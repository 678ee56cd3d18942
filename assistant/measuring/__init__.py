"""Questions with known answers → how good the answers are."""
