"""Pictures of what a model makes: grids, captioned rows, galleries, figures."""
