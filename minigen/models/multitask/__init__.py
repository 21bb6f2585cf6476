"""Several tasks that share one encoder."""
