// TransformerModels
