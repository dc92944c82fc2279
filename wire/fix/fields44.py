# Ref: FIX 4.4 with errata 20030618, volume 6 (fields)
"""FIX 4.4: types and values of the fields in the messages that we speak, in the notation of wire.fix.notation."""

__all__ = ["FIELDS", "TAGS", "TYPES"]

FIELDS = """
AMT: Commission NetMoney SettlCurrAmt MiscFeeAmt AccruedInterestAmt TotalTakedown Concession GrossTradeAmt
    InterestAtMaturity UnderlyingStartValue UnderlyingCurrentValue UnderlyingEndValue EndAccruedInterestAmt StartCash
    EndCash PosAmt
BOOLEAN: CopyMsgIndicator LastRptRequested PossDupFlag PossResend ReportToExch LocateReqd ForexReq GapFillFlag
    ResetSeqNumFlag TradedFlatSwitch SolicitedFlag TestMessageIndicator WorkingIndicator UnsolicitedIndicator
CHAR: OptAttribute UnderlyingOptAttribute NestedPartyIDSource LegPositionEffect LegSettlType LegOptAttribute LegSide
    QuoteQualifier
COUNTRY: CountryOfIssue UnderlyingCountryOfIssue LegCountryOfIssue
CURRENCY: Currency SettlCurrency MiscFeeCurr BenchmarkCurveCurrency UnderlyingCurrency CommCurrency ContAmtCurr
    LegCurrency LegBenchmarkCurveCurrency AllocSettlCurrency AgreementCurrency UnderlyingStrikeCurrency
    LegStrikeCurrency StrikeCurrency
DATA: Signature SecureData RawData XmlData EncodedIssuer EncodedSecurityDesc EncodedText EncodedUnderlyingIssuer
    EncodedUnderlyingSecurityDesc EncodedLegIssuer EncodedLegSecurityDesc
EXCHANGE: LastMkt ExDestination SecurityExchange UnderlyingSecurityExchange LegSecurityExchange
FLOAT: SettlCurrFxRate PegOffsetValue Factor ContractMultiplier UnderlyingFactor LegFactor DiscretionOffsetValue
    UnderlyingContractMultiplier RoundingModulus ExecPriceAdjustment ContAmtValue LegContractMultiplier LegRatioQty
    SettlCurrBidFxRate SettlCurrOfferFxRate TargetStrategyPerformance
INT: HeartBtInt NumDaysInterest RepurchaseTerm UnderlyingRepurchaseTerm LegRepurchaseTerm UnderlyingPutOrCall RefTagID
    UnderlyingProduct TotalAffectedOrders NestedPartyRole LegCoveredOrUncovered LegProduct AllocAcctIDSource
    BenchmarkPriceType LegBenchmarkPriceType LegPriceType YieldRedemptionPriceType NestedPartySubIDType TotNumReports
    TotalNumPosReports UnderlyingSettlPriceType
LENGTH: BodyLength SecureDataLen SignatureLength RawDataLength XmlDataLen EncodedIssuerLen EncodedSecurityDescLen
    EncodedTextLen EncodedUnderlyingIssuerLen EncodedUnderlyingSecurityDescLen MaxMessageSize EncodedLegIssuerLen
    EncodedLegSecurityDescLen
LOCALMKTDATE: SettlDate TradeDate SettlDate2 CouponPaymentDate IssueDate TradeOriginationDate ExDate RedemptionDate
    UnderlyingCouponPaymentDate UnderlyingIssueDate UnderlyingRedemptionDate LegCouponPaymentDate LegIssueDate
    LegRedemptionDate BasisFeatureDate ExpireDate MaturityDate UnderlyingMaturityDate LegSettlDate LegMaturityDate
    YieldRedemptionDate YieldCalcDate LegDatedDate EventDate DatedDate InterestAccrualDate AgreementDate StartDate
    EndDate LegInterestAccrualDate ClearingBusinessDate DeliveryDate
MONTHYEAR: MaturityMonthYear UnderlyingMaturityMonthYear LegMaturityMonthYear ContractSettlMonth LegContractSettlMonth
NUMINGROUP: NoAllocs NoMiscFees NoRelatedSym NoStipulations NoContraBrokers NoMsgTypes NoTradingSessions NoPartyIDs
    NoSecurityAltID NoUnderlyingSecurityAltID NoContAmts NoAffectedOrders NoNestedPartyIDs NoLegs NoLegSecurityAltID
    NoHops NoLegStipulations NoUnderlyings NoQuoteQualifiers NoPartySubIDs NoNestedPartySubIDs NoEvents
    NoUnderlyingStips NoPositions NoPosAmt
PERCENTAGE: AccruedInterestRate CouponRate RepurchaseRate Yield UnderlyingRepurchaseRate LegRepurchaseRate
    UnderlyingCouponRate OrderPercent LegCouponRate BidYield MidYield OfferYield ParticipationRate MarginRatio
PRICE: AvgPx LastPx Price StopPx BidPx OfferPx PrevClosePx BidSpotRate OfferSpotRate LastSpotRate StrikePrice
    BasisFeaturePrice UnderlyingStrikePrice DayAvgPx LegPrice LegStrikePrice MidPx LegLastPx Price2 MktBidPx
    MktOfferPx UnderlyingLastPx BenchmarkPrice LastParPx LegBenchmarkPrice LegBidPx LegOfferPx YieldRedemptionPrice
    UnderlyingPx PeggedPrice DiscretionPrice EventPx UnderlyingDirtyPrice UnderlyingEndPrice SettlPrice
    UnderlyingSettlPrice PriorSettlPrice
PRICEOFFSET: BidForwardPoints OfferForwardPoints LastForwardPoints Spread PriceImprovement LastForwardPoints2
    BidForwardPoints2 OfferForwardPoints2
QTY: CumQty LastQty OrderQty AllocQty MinQty MaxFloor BidSize OfferSize LeavesQty CashOrderQty OrderQty2 MaxShow
    DayOrderQty DayCumQty ContraTradeQty MinBidSize MinOfferSize UnderlyingLastQty LegQty UnderlyingQty LongQty
    ShortQty
SEQNUM: BeginSeqNo EndSeqNo MsgSeqNum NewSeqNo RefSeqNum LastMsgSeqNumProcessed HopRefID NextExpectedMsgSeqNum
STRING: Account BeginString CheckSum ClOrdID ExecID ExecRefID IOIID MsgType OrderID OrigClOrdID SecurityID
    SenderCompID SenderSubID Symbol TargetCompID TargetSubID Text SymbolSfx ListID AllocID AllocAccount Issuer
    SecurityDesc TestReqID OnBehalfOfCompID OnBehalfOfSubID QuoteID DeliverToCompID DeliverToSubID QuoteReqID
    SenderLocationID TargetLocationID OnBehalfOfLocationID DeliverToLocationID SecondaryOrderID BenchmarkCurveName
    BenchmarkCurvePoint StipulationValue RepoCollateralSecurityType UnderlyingRepoCollateralSecurityType
    LegRepoCollateralSecurityType CreditRating UnderlyingCreditRating LegCreditRating UnderlyingSecurityIDSource
    UnderlyingIssuer UnderlyingSecurityDesc UnderlyingSecurityID UnderlyingSecurityType UnderlyingSymbol
    UnderlyingSymbolSfx TradingSessionID ContraTrader RefMsgType ContraBroker ComplianceID BusinessRejectRefID PartyID
    SecurityAltID SecurityAltIDSource UnderlyingSecurityAltID UnderlyingSecurityAltIDSource CFICode UnderlyingCFICode
    IndividualAllocID StateOrProvinceOfIssue LocaleOfIssue Designation RegistID PartySubID NestedPartyID
    SecondaryClOrdID SecondaryExecID AffectedOrderID AffectedSecondaryOrderID InstrRegistry NestedPartySubID CrossID
    OrigCrossID Username Password ClOrdLinkID MassStatusReqID UnderlyingStateOrProvinceOfIssue UnderlyingLocaleOfIssue
    UnderlyingInstrRegistry LegStateOrProvinceOfIssue LegLocaleOfIssue LegInstrRegistry LegSymbol LegSymbolSfx
    LegSecurityID LegSecurityIDSource LegSecurityAltID LegSecurityAltIDSource LegCFICode LegSecurityType LegIssuer
    LegSecurityDesc TradingSessionSubID HopCompID RFQReqID LegRefID ContraLegRefID LegBenchmarkCurveName
    LegBenchmarkCurvePoint LegStipulationType LegStipulationValue Pool QuoteRespID BenchmarkSecurityID LegPool
    BenchmarkSecurityIDSource SecuritySubType UnderlyingSecuritySubType LegSecuritySubType OrdStatusReqID
    TargetStrategyParameters EventText CPRegType UnderlyingCPProgram UnderlyingCPRegType UnderlyingStipType
    UnderlyingStipValue AgreementDesc AgreementID TimeBracket PosReqID SettlSessSubID PosMaintRptID
    ResponseDestination
UTCTIMESTAMP: SendingTime TransactTime ValidUntilTime OrigSendingTime ExpireTime EffectiveTime ContraTradeTime
    TransBkdTime ExecValuationPoint OrigOrdModTime HopSendingTime

CommType CHAR: 1=PerUnit 2=Percentage 3=Absolute 4=PercentageWaivedCashDiscount 5=PercentageWaivedEnhancedUnits
    6=PointsPerBondOrContract
ExecInst MULTIPLEVALUESTRING: 0=StayOnOfferside 1=NotHeld 2=Work 3=GoAlong 4=OverTheDay 5=Held
    6=ParticipateDontInitiate 7=StrictScale 8=TryToScale 9=StayOnBidside A=NoCross B=OkToCross C=CallFirst
    D=PercentOfVolume E=DoNotIncrease F=DoNotReduce G=AllOrNone H=ReinstateOnSystemFailure I=InstitutionsOnly
    J=ReinstateOnTradingHalt K=CancelOnTradingHalt L=LastPeg M=MidPricePeg N=NonNegotiable O=OpeningPeg P=MarketPeg
    Q=CancelOnSystemFailure R=PrimaryPeg S=Suspend U=CustomerDisplayInstruction V=Netting W=PegToVWAP X=TradeAlong
    Y=TryToStop Z=CancelIfNotBest a=TrailingStopPeg b=StrictLimit c=IgnorePriceValidityChecks d=PegToLimitPrice
    e=WorkToTargetStrategy
HandlInst CHAR: 1=AutomatedPrivate 2=AutomatedPublic 3=Manual
SecurityIDSource STRING: 1=CUSIP 2=SEDOL 3=Quik 4=ISINNumber 5=RicCode 6=IsoCurrencyCode 7=IsoCountryCode
    8=ExchangeSymbol 9=ConsolidatedTapeAssociation A=BloombergSymbol B=Wertpapier C=Dutch D=Valoren E=Sicovam
    F=Belgian G=Common H=ClearingHouse I=IsdaFpmlProductSpecification J=OptionsPriceReportingAuthority
LastCapacity CHAR: 1=Agent 2=CrossAsAgent 3=CrossAsPrincipal 4=Principal
OrdStatus CHAR: 0=New 1=PartiallyFilled 2=Filled 3=DoneForDay 4=Canceled 6=PendingCancel 7=Stopped 8=Rejected
    9=Suspended A=PendingNew B=Calculated C=Expired D=AcceptedForBidding E=PendingReplace
OrdType CHAR: 1=Market 2=Limit 3=Stop 4=StopLimit 6=WithOrWithout 7=LimitOrBetter 8=LimitWithOrWithout 9=OnBasis
    D=PreviouslyQuoted E=PreviouslyIndicated G=Forex I=Funari J=MarketIfTouched K=MarketWithLeftoverAsLimit
    L=PreviousFundValuationPoint M=NextFundValuationPoint P=Pegged
Side CHAR: 1=Buy 2=Sell 3=BuyMinus 4=SellPlus 5=SellShort 6=SellShortExempt 7=Undisclosed 8=Cross 9=CrossShort
    A=CrossShortExempt B=AsDefined C=Opposite D=Subscribe E=Redeem F=Lend G=Borrow
TimeInForce CHAR: 0=Day 1=GoodTillCancel 2=AtTheOpening 3=ImmediateOrCancel 4=FillOrKill 5=GoodTillCrossing
    6=GoodTillDate 7=AtTheClose
SettlType CHAR: 0=Regular 1=Cash 2=NextDay 3=TPlus2 4=TPlus3 5=TPlus4 6=Future 7=WhenAndIfIssued 8=SellersOption
    9=TPlus5
PositionEffect CHAR: C=Close F=Fifo O=Open R=Rolled
ProcessCode CHAR: 0=Regular 1=SoftDollar 2=StepIn 3=StepOut 4=SoftDollarStepIn 5=SoftDollarStepOut 6=PlanSponsor
EncryptMethod INT: 0=None 1=Pkcs 2=Des 3=PkcsDes 4=PgpDes 5=PgpDesMd5 6=PemDesMd5
CxlRejReason INT: 0=TooLateToCancel 1=UnknownOrder 2=BrokerOption 3=AlreadyPending 4=UnableToProcessMassCancel
    5=OrigOrdModTimeMismatch 6=DuplicateClOrdID 99=Other
OrdRejReason INT: 0=BrokerOption 1=UnknownSymbol 2=ExchangeClosed 3=OrderExceedsLimit 4=TooLateToEnter 5=UnknownOrder
    6=DuplicateOrder 7=DuplicateOfVerbalOrder 8=StaleOrder 9=TradeAlongRequired 10=InvalidInvestorID
    11=UnsupportedOrderCharacteristic 12=SurveillanceOption 13=IncorrectQuantity 14=IncorrectAllocatedQuantity
    15=UnknownAccount 99=Other
DKReason CHAR: A=UnknownSymbol B=WrongSide C=QuantityExceedsOrder D=NoMatchingOrder E=PriceExceedsLimit
    F=CalculationDifference Z=Other
MiscFeeType CHAR: 1=Regulatory 2=Tax 3=LocalCommission 4=ExchangeFees 5=Stamp 6=Levy 7=Other 8=Markup 9=ConsumptionTax
    10=PerTransaction 11=Conversion 12=Agent
ExecType CHAR: 0=New 3=DoneForDay 4=Canceled 5=Replace 6=PendingCancel 7=Stopped 8=Rejected 9=Suspended A=PendingNew
    B=Calculated C=Expired D=Restated E=PendingReplace F=Trade G=TradeCorrect H=TradeCancel I=OrderStatus
SettlCurrFxRateCalc CHAR: D=Divide M=Multiply
SecurityType STRING: ABS=AssetBackedSecurities AMENDED=AmendedRestated AN=OtherAnticipationNotesBanGanEtc
    BA=BankersAcceptance BN=BankNotes BOX=BillOfExchanges BRADY=BradyBond BRIDGE=BridgeLoan BUYSELL=BuySellback
    CB=ConvertibleBond CD=CertificateOfDeposit CL=CallLoans CMBS=CorpMortgageBackedSecurities
    CMO=CollateralizedMortgageObligation COFO=CertificateOfObligation COFP=CertificateOfParticipation
    CORP=CorporateBond CP=CommercialPaper CPP=CorporatePrivatePlacement CS=CommonStock DEFLTED=Defaulted
    DINP=DebtorInPossession DN=DepositNotes DUAL=DualCurrency EUCD=EuroCertificateOfDeposit EUCORP=EuroCorporateBond
    EUCP=EuroCommercialPaper EUSOV=EuroSovereigns EUSUPRA=EuroSupranationalCoupons FAC=FederalAgencyCoupon
    FADN=FederalAgencyDiscountNote FOR=ForeignExchangeContract FORWARD=Forward FUT=Future GO=GeneralObligationBonds
    IET=IoetteMortgage LOFC=LetterOfCredit LQN=LiquidityNote MATURED=Matured MBS=MortgageBackedSecurities
    MF=MutualFund MIO=MortgageInterestOnly MLEG=MultiLegInstrument MPO=MortgagePrincipalOnly
    MPP=MortgagePrivatePlacement MPT=MiscellaneousPassThrough MT=MandatoryTender MTN=MediumTermNotes
    NONE=NoSecurityType ONITE=Overnight OPT=Option PEF=PrivateExportFunding PFAND=Pfandbriefe PN=PromissoryNote
    PS=PreferredStock PZFJ=PlazosFijos RAN=RevenueAnticipationNote REPLACD=Replaced REPO=Repurchase RETIRED=Retired
    REV=RevenueBonds RVLV=RevolverLoan RVLVTRM=RevolverTermLoan SECLOAN=SecuritiesLoan SECPLEDGE=SecuritiesPledge
    SPCLA=SpecialAssessment SPCLO=SpecialObligation SPCLT=SpecialTax STN=ShortTermLoanNote STRUCT=StructuredNotes
    SUPRA=UsdSupranationalCoupons SWING=SwingLineFacility TAN=TaxAnticipationNote TAXA=TaxAllocation TBA=ToBeAnnounced
    TBILL=UsTreasuryBillTbill TBOND=UsTreasuryBond TCAL=PrincipalStripOfACallableBondOrNote TD=TimeDeposit
    TECP=TaxExemptCommercialPaper TERM=TermLoan TINT=InterestStripFromAnyBondOrNote
    TIPS=TreasuryInflationProtectedSecurities TNOTE=UsTreasuryNoteTnote TPRN=PrincipalStripFromANonCallableBondOrNote
    TRAN=TaxRevenueAnticipationNote UST=UsTreasuryNoteUst USTB=UsTreasuryBillUstb VRDN=VariableRateDemandNote
    WAR=Warrant WITHDRN=Withdrawn XCN=ExtendedCommNote XLINKD=IndexedLinked YANK=YankeeCorporateBond
    YCD=YankeeCertificateOfDeposit
PutOrCall INT: 0=Put 1=Call
CoveredOrUncovered INT: 0=Covered 1=Uncovered
StipulationType STRING: AMT=AlternativeMinimumTax AUTOREINV=AutoReinvestmentAtRateOrBetter BANKQUAL=BankQualified
    BGNCON=BargainConditionsSee COUPON=CouponRange CURRENCY=IsoCurrencyCode CUSTOMDATE=CustomStartEndDate
    GEOG=GeographicsAndRange HAIRCUT=ValuationDiscount INSURED=Insured ISSUE=YearOrYearMonthOfIssue
    ISSUER=IssuersTicker ISSUESIZE=IssueSizeRange LOOKBACK=LookbackDays LOT=ExplicitLotIdentifier LOTVAR=LotVariance
    MAT=MaturityYearAndMonth MATURITY=MaturityRange MAXSUBS=MaximumSubstitutions MINDNOM=MinimumDenomination
    MININCR=MinimumIncrement MINQTY=MinimumQuantity PAYFREQ=PaymentFrequencyCalendar PIECES=NumberOfPieces
    PMAX=PoolsMaximum PPL=PoolsPerLot PPM=PoolsPerMillion PPT=PoolsPerTrade PRICE=PriceRange
    PRICEFREQ=PricingFrequency PROD=ProductionYear PROTECT=CallProtection PURPOSE=Purpose
    PXSOURCE=BenchmarkPriceSource RATING=RatingSourceAndRange REDEMPTION=TypeOfRedemption RESTRICTED=Restricted
    SECTOR=MarketSector SECTYPE=SecurityTypeIncludedOrExcluded STRUCT=Structure SUBSFREQ=SubstitutionsFrequency
    SUBSLEFT=SubstitutionsLeft TEXT=FreeformText TRDVAR=TradeVariance WAC=WeightedAverageCouponvalueInPercent
    WAL=WeightedAverageLifeCouponValueInPercent WALA=WeightedAverageLoanAgeValueInMonths
    WAM=WeightedAverageMaturityValueInMonths WHOLE=WholePool YIELD=YieldRange
YieldType STRING: AFTERTAX=AfterTaxYield ANNUAL=AnnualYield ATISSUE=YieldAtIssue AVGMATURITY=YieldToAverageMaturity
    BOOK=BookYield CALL=YieldToNextCall CHANGE=YieldChangeSinceClose CLOSE=ClosingYield COMPOUND=CompoundYield
    CURRENT=CurrentYield GOVTEQUIV=GovernmentEquivalentYield GROSS=TrueGrossYield
    INFLATION=YieldWithInflationAssumption INVERSEFLOATER=InverseFloaterBondYield LASTCLOSE=MostRecentClosingYield
    LASTMONTH=ClosingYieldMostRecentMonth LASTQUARTER=ClosingYieldMostRecentQuarter
    LASTYEAR=ClosingYieldMostRecentYear LONGAVGLIFE=YieldToLongestAverageLife MARK=MarkToMarketYield
    MATURITY=YieldToMaturity NEXTREFUND=YieldToNextRefund OPENAVG=OpenAverageYield PREVCLOSE=PreviousCloseYield
    PROCEEDS=ProceedsYield PUT=YieldToNextPut SEMIANNUAL=SemiAnnualYield SHORTAVGLIFE=YieldToShortestAverageLife
    SIMPLE=SimpleYield TAXEQUIV=TaxEquivalentYield TENDER=YieldToTenderDate TRUE=TrueYield VALUE1/32=YieldValueOf32nds
    WORST=YieldToWorst
QuoteResponseLevel INT: 0=NoAcknowledgement 1=AcknowledgeErroneous 2=AcknowledgeEach
QuoteRequestType INT: 1=Manual 2=Automatic
MessageEncoding STRING: EUC-JP=EUC ISO-2022-JP=JIS Shift_JIS=ShiftJIS UTF-8=UTF8
SessionRejectReason INT: 0=InvalidTagNumber 1=RequiredTagMissing 2=TagNotDefinedForMessageType 3=UndefinedTag
    4=TagWithoutValue 5=ValueIsIncorrect 6=IncorrectDataFormat 7=DecryptionProblem 8=SignatureProblem 9=CompIDProblem
    10=SendingTimeAccuracyProblem 11=InvalidMsgType 12=XMLValidationError 13=TagAppearsMoreThanOnce
    14=TagOutOfRequiredOrder 15=GroupFieldsOutOfOrder 16=IncorrectNumInGroup 17=NonDataValueIncludesDelimiter 99=Other
ExecRestatementReason INT: 0=GtCorporateAction 1=GtRenewal 2=VerbalChange 3=RepricingOfOrder 4=BrokerOption
    5=PartialDeclineOfOrderQty 6=CancelOnTradingHalt 7=CancelOnSystemFailure 8=Market 9=CanceledNotBest
    10=WarehouseRecap 99=Other
BusinessRejectReason INT: 0=Other 1=UnknownID 2=UnknownSecurity 3=UnsupportedMessageType 4=ApplicationNotAvailable
    5=ConditionallyRequiredFieldMissing 6=NotAuthorized 7=DeliverToFirmNotAvailable
MsgDirection CHAR: R=Receive S=Send
DiscretionInst CHAR: 0=DisplayedPrice 1=MarketPrice 2=PrimaryPrice 3=LocalPrimaryPrice 4=MidpointPrice
    5=LastTradePrice 6=VWAP
PriceType INT: 1=Percentage 2=PerUnit 3=FixedAmount 4=Discount 5=Premium 6=Spread 7=TedPrice 8=TedYield 9=Yield
    10=FixedCabinetTradePrice 11=VariableCabinetTradePrice
GTBookingInst INT: 0=BookOutOnDayOfExecution 1=AccumulateUntilFilledOrExpired 2=AccumulateUntilNotified
CxlRejResponseTo CHAR: 1=OrderCancelRequest 2=OrderCancelReplaceRequest
MultiLegReportingType CHAR: 1=SingleSecurity 2=IndividualLeg 3=MultiLegSecurity
PartyIDSource CHAR: 1=KoreanInvestorId 2=TaiwaneseQualifiedForeignInvestorID 3=TaiwaneseTradingAccount
    4=MalaysianCentralDepository 5=ChineseBShare 6=UkNationalInsuranceNumber 7=UsSocialSecurityNumber
    8=UsEmployerIdentificationNumber 9=AustralianBusinessNumber A=AustralianTaxFileNumber B=Bic
    C=MarketParticipantIdentifier D=ProprietaryCustomCode E=IsoCountryCode F=SettlementEntityLocation G=Mic
    H=CsdParticipantMemberCode I=DirectedBrokerAcronym
PartyRole INT: 1=ExecutingFirm 2=BrokerOfCredit 3=ClientId 4=ClearingFirm 5=InvestorId 6=IntroducingFirm
    7=EnteringFirm 8=LocateLendingFirm 9=FundManagerClientId 10=SettlementLocation 11=OrderOriginationTrader
    12=ExecutingTrader 13=OrderOriginationFirm 14=GiveupClearingFirm 15=CorrespondentClearingFirm 16=ExecutingSystem
    17=ContraFirm 18=ContraClearingFirm 19=SponsoringFirm 20=UnderlyingContraFirm 21=ClearingOrganization 22=Exchange
    24=CustomerAccount 25=CorrespondentClearingOrganization 26=CorrespondentBroker 27=BuyerSeller 28=Custodian
    29=Intermediary 30=Agent 31=SubCustodian 32=Beneficiary 33=InterestedParty 34=RegulatoryBody 35=LiquidityProvider
    36=EnteringTrader 37=ContraTrader 38=PositionAccount
Product INT: 1=Agency 2=Commodity 3=Corporate 4=Currency 5=Equity 6=Government 7=Index 8=Loan 9=MoneyMarket
    10=Mortgage 11=Municipal 12=Other 13=Financing
RoundingDirection CHAR: 0=RoundToNearest 1=RoundDown 2=RoundUp
CancellationRights CHAR: M=WaiverAgreement N=ExecutionOnly O=Institutional Y=Yes
MoneyLaunderingStatus CHAR: 1=ExemptBelowTheLimit 2=ExemptClientMoneyType 3=ExemptCreditOrFinancialInstitution
    N=NotChecked Y=Passed
ExecPriceType CHAR: B=BidPrice C=CreationPrice D=CreationPricePlusAdjustment E=CreationPricePlusAdjustmentAmount
    O=OfferPrice P=OfferPriceMinusAdjustment Q=OfferPriceMinusAdjustmentAmount S=SinglePrice
FundRenewWaiv CHAR: N=No Y=Yes
ContAmtType INT: 1=CommissionAmount 2=Commission 3=InitialChargeAmount 4=InitialCharge 5=DiscountAmount 6=Discount
    7=DilutionLevyAmount 8=DilutionLevy 9=ExitChargeAmount 10=ExitCharge 11=FundBasedRenewalCommission
    12=ProjectedFundValue 13=FundBasedRenewalCommissionOrder 14=ProjectedFundValueOrder 15=NetSettlementAmount
OrderCapacity CHAR: A=Agency G=Proprietary I=Individual P=Principal R=RisklessPrincipal W=AgentForOtherMember
OrderRestrictions MULTIPLEVALUESTRING: 1=ProgramTrade 2=IndexArbitrage 3=NonIndexArbitrage 4=CompetingMarketMaker
    5=MarketMakerInSecurity 6=MarketMakerInUnderlying 7=ForeignEntity 8=ExternalMarketParticipant
    9=InterConnectedMarketLinkage A=RisklessArbitrage
MassCancelRequestType CHAR: 1=CancelOrdersForASecurity 2=CancelOrdersForAnUnderlyingSecurity 3=CancelOrdersForAProduct
    4=CancelOrdersForACFICode 5=CancelOrdersForASecurityType 6=CancelOrdersForATradingSession 7=CancelAllOrders
MassCancelResponse CHAR: 0=CancelRequestRejected 1=CancelOrdersForASecurity 2=CancelOrdersForAnUnderlyingSecurity
    3=CancelOrdersForAProduct 4=CancelOrdersForACFICode 5=CancelOrdersForASecurityType
    6=CancelOrdersForATradingSession 7=CancelAllOrders
MassCancelRejectReason CHAR: 0=MassCancelNotSupported 1=InvalidOrUnknownSecurity 2=InvalidOrUnknownUnderlying
    3=InvalidOrUnknownProduct 4=InvalidOrUnknownCFICode 5=InvalidOrUnknownSecurityType
    6=InvalidOrUnknownTradingSession 99=Other
QuoteType INT: 0=Indicative 1=Tradeable 2=RestrictedTradeable 3=Counter
CashMargin CHAR: 1=Cash 2=MarginOpen 3=MarginClose
CrossType INT: 1=AllOrNone 2=ImmediateOrCancel 3=OneSide 4=SamePrice
AccountType INT: 1=CustomerSide 2=NonCustomerSide 3=HouseTrader 4=FloorTrader 6=NonCustomerSideCrossMargined
    7=HouseTraderCrossMargined 8=JointBackOffice
CustOrderCapacity INT: 1=MemberOwnAccount 2=ClearingFirmProprietary 3=MemberForAnotherMember 4=AllOther
MassStatusReqType INT: 1=StatusForOrdersForASecurity 2=StatusForOrdersForAnUnderlyingSecurity
    3=StatusForOrdersForAProduct 4=StatusForOrdersForACFICode 5=StatusForOrdersForASecurityType
    6=StatusForOrdersForATradingSession 7=StatusForAllOrders 8=StatusForOrdersForAPartyID
DayBookingInst CHAR: 0=BookWithoutReference 1=SpeakFirst 2=Accumulate
BookingUnit CHAR: 0=EachPartialExecution 1=OneTradePerOrder 2=PerSymbolSideAndSettlement
PreallocMethod CHAR: 0=ProRata 1=DiscussFirst
ClearingFeeIndicator STRING: 1=Delegate1stYear 2=Delegate2ndYear 3=Delegate3rdYear 4=Delegate4thYear 5=Delegate5thYear
    9=Delegate6thYearAndBeyond B=CboeMember C=NonMemberAndCustomer E=EquityMemberAndClearingMember
    F=FullAndAssociateMember H=Firms106H I=GIMIDEMAndCOMHolders L=LesseeAnd106F M=AllOtherOwnershipTypes
PriorityIndicator INT: 0=PriorityUnchanged 1=LostPriority
AcctIDSource INT: 1=Bic 2=SidCode 3=Tfm 4=Omgeo 5=DtccCode 99=Other
LegSwapType INT: 1=ParForPar 2=ModifiedDuration 4=Risk 5=Proceeds
QuotePriceType INT: 1=Percent 2=PerShare 3=FixedAmount 4=Discount 5=Premium 6=BasisPointsRelativeToBenchmark
    7=TedPrice 8=TedYield 9=YieldSpread 10=Yield
BookingType INT: 0=RegularBooking 1=Cfd 2=TotalReturnSwap
TerminationType INT: 1=Overnight 2=Term 3=Flexible 4=Open
PartySubIDType INT: 1=Firm 2=Person 3=System 4=Application 5=FullLegalNameOfFirm 6=PostalAddress 7=PhoneNumber
    8=EmailAddress 9=ContactName 10=SecuritiesAccountNumber 11=RegistrationNumber 12=RegisteredAddressForConfirmation
    13=RegulatoryStatus 14=RegistrationName 15=CashAccountNumber 16=Bic 17=CsdParticipantMemberCode
    18=RegisteredAddress 19=FundAccountName 20=TelexNumber 21=FaxNumber 22=SecuritiesAccountName 23=CashAccountName
    24=Department 25=Location 26=PositionAccountType
PegMoveType INT: 0=Floating 1=Fixed
PegOffsetType INT: 0=Price 1=BasisPoints 2=Ticks 3=PriceTier
PegLimitType INT: 0=OrBetter 1=Strict 2=OrWorse
PegRoundDirection INT: 1=MoreAggressive 2=MorePassive
PegScope INT: 1=Local 2=National 3=Global 4=NationalExcludingLocal
DiscretionMoveType INT: 0=Floating 1=Fixed
DiscretionOffsetType INT: 0=Price 1=BasisPoints 2=Ticks 3=PriceTier
DiscretionLimitType INT: 0=OrBetter 1=Strict 2=OrWorse
DiscretionRoundDirection INT: 1=MoreAggressive 2=MorePassive
DiscretionScope INT: 1=Local 2=National 3=Global 4=NationalExcludingLocal
TargetStrategy INT: 1=VWAP 2=Participate 3=MinimizeMarketImpact
LastLiquidityInd INT: 1=AddedLiquidity 2=RemovedLiquidity 3=LiquidityRoutedOut
QtyType INT: 0=Units 1=Contracts
EventType INT: 1=Put 2=Call 3=Tender 4=SinkingFundCall 99=Other
CPProgram INT: 1=Program3a3 2=Program42 99=Other
MiscFeeBasis INT: 0=Absolute 1=PerUnit 2=Percentage
DeliveryType INT: 0=VersusPaymentDeliver 1=FreeDeliver 2=TriParty 3=HoldInCustody
SubscriptionRequestType CHAR: 0=Snapshot 1=SnapshotPlusUpdates 2=DisablePreviousSnapshotPlusUpdateRequest
RegistStatus CHAR: A=Accepted R=Rejected H=Held N=Reminder
MatchStatus CHAR: 0=Compared 1=Uncompared 2=Advisory
PosType STRING: TQ=TransactionQuantity IAS=IntraSpreadQty IES=InterSpreadQty FIN=EndOfDayQty SOD=StartOfDayQty
    EX=OptionExerciseQty AS=OptionAssignment TX=TransactionFromExercise TA=TransactionFromAssignment PIT=PitTradeQty
    TRF=TransferTradeQty ETR=ElectronicTradeQty ALC=AllocationTradeQty PA=AdjustmentQty ASF=AsOfTradeQty
    DLV=DeliveryQty TOT=TotalTransactionQty XM=CrossMarginQty SPL=IntegralSplit
PosQtyStatus INT: 0=Submitted 1=Accepted 2=Rejected
PosAmtType STRING: FMTM=FinalMarkToMarketAmount IMTM=IncrementalMarkToMarketAmount TVAR=TradeVariationAmount
    SMTM=StartOfDayMarkToMarketAmount PREM=PremiumAmount CRES=CashResidualAmount CASH=CashAmount
    VADJ=ValueAdjustedAmount
SettlSessID STRING: ITD=Intraday RTH=RegularTradingHours ETH=ElectronicTradingHours
PosReqType INT: 0=Positions 1=Trades 2=Exercises 3=Assignments
ResponseTransportType INT: 0=Inband 1=OutOfBand
PosReqResult INT: 0=ValidRequest 1=InvalidOrUnsupportedRequest 2=NoPositionsFound 3=NotAuthorized
    4=RequestForPositionNotSupported 99=Other
PosReqStatus INT: 0=Completed 1=CompletedWithWarnings 2=Rejected
SettlPriceType INT: 1=Final 2=Theoretical
"""

#: Every message type of this version.
TYPES = """
0=Heartbeat 1=TestRequest 2=ResendRequest 3=Reject 4=SequenceReset 5=Logout 6=IOI 7=Advertisement 8=ExecutionReport
9=OrderCancelReject A=Logon B=News C=Email D=NewOrderSingle E=NewOrderList F=OrderCancelRequest
G=OrderCancelReplaceRequest H=OrderStatusRequest J=AllocationInstruction K=ListCancelRequest L=ListExecute
M=ListStatusRequest N=ListStatus P=AllocationInstructionAck Q=DontKnowTrade R=QuoteRequest S=Quote
T=SettlementInstructions V=MarketDataRequest W=MarketDataSnapshotFullRefresh X=MarketDataIncrementalRefresh
Y=MarketDataRequestReject Z=QuoteCancel a=QuoteStatusRequest b=MassQuoteAcknowledgement c=SecurityDefinitionRequest
d=SecurityDefinition e=SecurityStatusRequest f=SecurityStatus g=TradingSessionStatusRequest h=TradingSessionStatus
i=MassQuote j=BusinessMessageReject k=BidRequest l=BidResponse m=ListStrikePrice n=XMLnonFIX
o=RegistrationInstructions p=RegistrationInstructionsResponse q=OrderMassCancelRequest r=OrderMassCancelReport
s=NewOrderCross t=CrossOrderCancelReplaceRequest u=CrossOrderCancelRequest v=SecurityTypeRequest w=SecurityTypes
x=SecurityListRequest y=SecurityList z=DerivativeSecurityListRequest AA=DerivativeSecurityList AB=NewOrderMultileg
AC=MultilegOrderCancelReplace AD=TradeCaptureReportRequest AE=TradeCaptureReport AF=OrderMassStatusRequest
AG=QuoteRequestReject AH=RFQRequest AI=QuoteStatusReport AJ=QuoteResponse AK=Confirmation
AL=PositionMaintenanceRequest AM=PositionMaintenanceReport AN=RequestForPositions AO=RequestForPositionsAck
AP=PositionReport AQ=TradeCaptureReportRequestAck AR=TradeCaptureReportAck AS=AllocationReport AT=AllocationReportAck
AU=ConfirmationAck AV=SettlementInstructionRequest AW=AssignmentReport AX=CollateralRequest AY=CollateralAssignment
AZ=CollateralResponse BA=CollateralReport BB=CollateralInquiry BC=NetworkCounterpartySystemStatusRequest
BD=NetworkCounterpartySystemStatusResponse BE=UserRequest BF=UserResponse BG=CollateralInquiryAck
BH=ConfirmationRequest
"""

#: Every tag of this version.
TAGS = """
1-19 21-23 25-45 48-50 52-75 77-85 87-91 93-100 102-104 106-108 110-124 126-165 167-172 188-203 206-218 220-260 262-313
315-318 320-369 371-438 441-448 451-464 466-652 654-684 686-808 810-830 832-956
"""
