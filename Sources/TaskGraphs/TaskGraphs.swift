// TaskGraphs
