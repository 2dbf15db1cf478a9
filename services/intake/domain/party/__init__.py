"""Party 当事人: a person or a unit, whose identity data are sealed; everybody else holds only its id."""
