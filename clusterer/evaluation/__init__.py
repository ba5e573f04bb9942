"""How good clusterings, scores and encoders are, against gold stories, judged pairs and parallel texts."""
