// RooflineModels
