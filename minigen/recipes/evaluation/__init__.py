"""What several recipes use to score images and codes."""
